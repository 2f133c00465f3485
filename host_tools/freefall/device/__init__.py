"""A real board at the other end of a cable: found, asked, flashed, deployed to, commanded."""
