#!/usr/bin/env bash
# Renders the cases with Apache Velocity and writes test/vectors/velocity.json. Needs a JDK of at least 17, and Maven.
set -euo pipefail
cd "$(dirname "$0")"
mvn -q compile dependency:build-classpath -Dmdep.outputFile=target/classpath
npx node cases.ts | java -Dfile.encoding=UTF-8 -cp "target/classes:$(cat target/classpath)" Render 2>/dev/null > ../velocity.json
