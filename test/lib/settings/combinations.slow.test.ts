// One test file for all tests that synthesize many stacks, so that the CDK is loaded once, and each stack made once.
import '../archive.suite.ts';
import '../changes.suite.ts';
import '../checks.suite.ts';
import '../cloudformation.suite.ts';
import '../order.suite.ts';
import '../permissions.suite.ts';
