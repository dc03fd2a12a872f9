#!/bin/bash
"$KSMCTL" --sysroot="$TREES/6.18" status
