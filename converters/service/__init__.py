"""Conversions over HTTP: `trialbridge serve`, with the extra `serve`.

A request is looked at in the event loop (`asking`, `negotiation`), its body is bounded, and the
work on it is done in a process of its own (`processes`), which can be stopped. What the service
tells of itself is in `logs` and `metrics`: never what is in a record.
"""
