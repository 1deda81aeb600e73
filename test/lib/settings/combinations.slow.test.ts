// One test file for all tests of every combination of settings, so that each is synthesized only once.
import '../changes.suite.ts';
import '../checks.suite.ts';
import '../permissions.suite.ts';
