#!/bin/bash
"$KSMCTL"
