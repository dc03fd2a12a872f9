#!/bin/bash
set -e
"$KSMCTL" --version | sed -E 's/[0-9]+\.[0-9]+\.[0-9]+/X.Y.Z/'
"$KSMCTL" -V | sed -E 's/[0-9]+\.[0-9]+\.[0-9]+/X.Y.Z/'
"$KSMCTL" status --version | sed -E 's/[0-9]+\.[0-9]+\.[0-9]+/X.Y.Z/'
