#!/bin/bash
"$KSMCTL" --sysroot="$TREES/2.6.32" status
