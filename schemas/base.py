"""The one base of all our extensions, code systems, canonical urls and resources."""

BASE = "https://trialbridge.github.io/fhir"
