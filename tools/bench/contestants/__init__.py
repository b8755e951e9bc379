"""Who is compared: the service, the floor below it, and what could be written in its place.

The peers read and write the service's own table and give its answers, each in the idiom of its
library. They are spared what they lack: they check no role, count nothing and keep no counters.
"""
