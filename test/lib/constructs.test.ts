// One test file for all quick tests of constructs and settings, so that the CDK, which loads for seconds, is loaded once.
import './brought-resource.suite.ts';
import './monitoring/monitoring.suite.ts';
import './provider.suite.ts';
import './receiver.suite.ts';
import './settings/example-settings.suite.ts';
import './settings/settings.suite.ts';
import './stack.suite.ts';
