"""Records to a FHIR server and from it, over its REST interface; needs the extra `server`."""
