"""The kinds of sections that the text layout has: each reads, writes and lists its own."""
