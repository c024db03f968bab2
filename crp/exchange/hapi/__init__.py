"""HDX HAPI, version 2: what CRP has, under the addresses and in the words of OCHA's humanitarian API."""
