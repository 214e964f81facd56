# SPDX-License-Identifier: Apache-2.0
"""Runs a program in a terminal of its own, as those want it that ask questions: terminal.py PROGRAM ARGUMENT...

What it shows comes out on our output, and its status is ours.
"""
import os
import pty
import sys

status = pty.spawn(sys.argv[1:])
sys.exit(os.waitstatus_to_exitcode(status) & 0xFF)
