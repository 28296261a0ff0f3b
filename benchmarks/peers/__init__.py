"""What others do, measured in the same run on the same servers, for scale."""
