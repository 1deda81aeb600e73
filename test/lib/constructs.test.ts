// One test file for the quick tests of constructs, so that the CDK, which loads for seconds, is loaded once. Mutation runs stack.test.ts alone.
import './brought-resource.suite.ts';
import './monitoring/monitoring.suite.ts';
import './provider.suite.ts';
import './receiver.suite.ts';
import './settings/settings.suite.ts';
