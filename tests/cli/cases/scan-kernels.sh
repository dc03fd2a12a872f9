#!/bin/bash
"$KSMCTL" scan --kernel=list
"$KSMCTL" scan --kernel=list --json | jq -c '[.schema, .kernels[0]]'
