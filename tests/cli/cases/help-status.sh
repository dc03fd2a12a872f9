#!/bin/bash
"$KSMCTL" status --help
