"""Records of ClinicalTrials.gov by its API: `asking` gives pages, `fetching` a file of them."""
