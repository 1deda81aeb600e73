import { App } from 'aws-cdk-lib';
import { addStack } from './stack.ts';

addStack(new App());
