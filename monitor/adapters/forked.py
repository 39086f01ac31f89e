"""Imported by the process that workers are forked from: what each of them needs is read once, and shared by all."""

from monitor.adapters.language import ready

ready()
