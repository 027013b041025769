#!/bin/sh
# Creates the namespace once the server is healthy; a repeat changes nothing.
set -eu
until temporal operator cluster health; do sleep 2; done
temporal operator namespace describe --namespace "$TEMPORAL_NAMESPACE" \
  || temporal operator namespace create --namespace "$TEMPORAL_NAMESPACE" --retention 30d
