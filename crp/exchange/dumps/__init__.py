"""The whole public dataset as files: made once a night, listed by the API, described for people on /data/."""
