#!/usr/bin/env bash
# Renders the cases with Apache Velocity, the present and the older version, and writes test/vectors/velocity.json and
# test/vectors/webhooks.json. Needs a JDK of at least 17, and Maven: test/vectors/velocity/make.sh
set -euo pipefail
cd "$(dirname "$0")"
mvn -q compile dependency:build-classpath -Dmdep.outputFile=target/new
mvn -q dependency:build-classpath -Dmdep.outputFile=target/old -Dvelocity.artifact=velocity -Dvelocity.version=1.7
render() { java -cp "target/classes:$(cat "target/$1")" Render "$2"; }
both() { render new rendered | render old renderedByOlder; }
npx node cases.ts | both > target/velocity.json
# Only the results are kept; the inputs are in the table of webhooks.
npx node webhook-cases.ts | both | npx node -e '
  const cases = JSON.parse(require("node:fs").readFileSync(0, "utf8"));
  console.log(JSON.stringify(Object.fromEntries(cases.map(({ key, template, variables, ...result }) => [key, result])), null, 1));
' > target/webhooks.json
mv target/velocity.json target/webhooks.json ..
