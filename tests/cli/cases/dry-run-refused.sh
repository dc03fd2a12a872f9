#!/bin/bash
"$KSMCTL" status --dry-run
echo $?
"$KSMCTL" --dry-run status
