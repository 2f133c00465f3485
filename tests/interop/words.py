"""What the foreign readers' tests share: raw values that are some bits of a little-endian word."""


def is_whole(raw):
    """Whether other tools get the raw value itself, and not the word that it is in."""
    return raw.order == "big" or (raw.shift == 0 and raw.width == 8 * raw.octets)


def raw_of(word, raw):
    """The raw value in what they get."""
    if is_whole(raw):
        return word
    value = word >> raw.shift & (1 << raw.width) - 1
    return value - (1 << raw.width) if raw.signed and value >> raw.width - 1 else value
