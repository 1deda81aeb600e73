#!/usr/bin/env bash
# Renders the cases with Apache Velocity, the present and the older version, and writes test/vectors/velocity.json.
# Needs a JDK of at least 17, and Maven: test/vectors/velocity/make.sh
set -euo pipefail
cd "$(dirname "$0")"
mvn -q compile dependency:build-classpath -Dmdep.outputFile=target/new
mvn -q dependency:build-classpath -Dmdep.outputFile=target/old -Dvelocity.artifact=velocity -Dvelocity.version=1.7
render() { java -cp "target/classes:$(cat "target/$1")" Render "$2"; }
npx node cases.ts | render new rendered | render old renderedByOlder > target/velocity.json
mv target/velocity.json ../velocity.json
