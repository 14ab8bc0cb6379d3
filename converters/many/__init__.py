"""Convert many records into a folder: in order, in bounded memory, to be resumed after a crash.

`conversion` turns one source into documents, `layouts` put them into files, the `journal` says what
is done, `run` holds these together.
"""
