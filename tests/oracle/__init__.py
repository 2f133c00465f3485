"""A second codec of the Freefall wire, written from firmware/freefall_wire/SPEC.md alone: the judge of the first."""
