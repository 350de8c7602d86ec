"""One varying coefficient: one ratio of variances, looked at everywhere."""
