#!/bin/bash
"$KSMCTL" --sysroot="$TREES/4.19" status
