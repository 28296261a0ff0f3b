"""The only place that speaks HTTP to a provider.

Two transports. Reads keep their connections and go through aiohttp, which is an order of magnitude faster under
hundreds of polls. Paid submits go through httpx's own transport and never reuse a connection: a kept-alive connection
that the server closed in between would end in a ReadError, a needless `uncertain`; and the aiohttp transport reports a
connection cut after sending like one that was never made. `Unreachable` against `Uncertain` hangs on that difference.
"""
