#!/bin/bash
# An option that only other verbs have is an error, not ignored.
"$KSMCTL" status --passes=3
