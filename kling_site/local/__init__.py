"""What the three scripts do: set up, start the servers of a laptop, run the site, its tests and its benchmarks.

No page, worker or command imports anything from here.
"""
