"""trialbridge."""
