#!/bin/sh
# Makes the image guestbook:1 on the local Docker engine, without a registry. Run it on every node.
exec sh "$(dirname "$0")/../hello/make-image.sh" guestbook:1
