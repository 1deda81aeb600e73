// One test file for all that looks at every combination of settings: so each is synthesized once.
import '../changes.suite.ts';
import '../checks.suite.ts';
import '../permissions.suite.ts';
