"""The accelerator's C and what builds it; see README.md beside this file."""
