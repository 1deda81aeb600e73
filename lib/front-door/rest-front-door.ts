import { Names, Token } from 'aws-cdk-lib';
import {
  EndpointType,
  LambdaIntegration,
  LogGroupLogDestination,
  RestApi,
  type Stage,
} from 'aws-cdk-lib/aws-apigateway';
import { CfnWebACLAssociation } from 'aws-cdk-lib/aws-wafv2';
import type { Construct } from 'constructs';
import { acknowledge } from '../acknowledge.ts';
import { BroughtResourceError, expectHere } from '../brought-resource.ts';
import { allowOnly, problemOf } from './allowed-ips.ts';
import { authorization, FrontDoor, type FrontDoorProps } from './front-door.ts';

/** Options that only a REST API has. */
export interface RestFrontDoorOptions {
  /**
   * ARN of a regional AWS WAF web ACL.
   * @default - none
   */
  readonly webAclArn?: string;
  /**
   * IP addresses and CIDR ranges that may call; every other caller gets a 403.
   * @default - anybody may call
   */
  readonly allowedIps?: string[];
}

/** Properties of a REST API. */
export interface RestFrontDoorProps extends FrontDoorProps, RestFrontDoorOptions {}

/** A regional REST API. It passes the path on as it was sent, with the stage, but the query only decoded. */
export class RestFrontDoor extends FrontDoor {
  readonly url: string;
  readonly apiId: string;
  readonly stage: Stage;
  readonly api: RestApi;

  constructor(scope: Construct, id: string, props: RestFrontDoorProps) {
    super(scope, id);
    const { handler, callbackPath, throttle, accessLog, webAclArn, allowedIps } = props;
    const problem = allowedIps && problemOf(allowedIps);
    if (problem) throw new Error(`allowedIps of ${this.node.path}: ${problem}`);
    this.api = new RestApi(this, 'Api', {
      // The metrics of REST APIs differ only by this name.
      restApiName: Names.uniqueResourceName(this, { maxLength: 128, separator: '-' }),
      description: 'MessageMedia webhooks',
      endpointTypes: [EndpointType.REGIONAL],
      // Without it every body that is not UTF-8 text is destroyed before its signature can be checked.
      binaryMediaTypes: ['*/*'],
      disableExecuteApiEndpoint: props.disableExecuteApiEndpoint,
      policy: allowedIps && allowOnly(allowedIps),
      // A REST API needs a role of the account to write an access log. The role belongs to the account, so it stays.
      cloudWatchRole: true,
      deployOptions: {
        throttlingRateLimit: throttle.rateLimit,
        throttlingBurstLimit: throttle.burstLimit,
        accessLogDestination: new LogGroupLogDestination(accessLog.logGroup),
        accessLogFormat: accessLog.formatWith('$context.resourcePath'),
      },
    });
    // This output would show a URL without the callback path.
    this.api.node.tryRemoveChild('Endpoint');
    const integration = new LambdaIntegration(handler, { allowTestInvoke: false });
    this.api.root.resourceForPath(callbackPath).addMethod('ANY', integration);
    this.stage = this.api.deploymentStage;
    this.url = this.api.url.replace(/\/$/, '');
    this.apiId = this.api.restApiId;
    if (webAclArn !== undefined) {
      expectRegionalAcl(webAclArn);
      expectHere(this, 'Web ACL', { arn: webAclArn }, ['region', 'account']);
      new CfnWebACLAssociation(this, 'WebAcl', { webAclArn, resourceArn: this.stage.stageArn });
    }
    this.#acknowledge();
  }

  #acknowledge(): void {
    acknowledge(
      this,
      { id: 'AwsSolutions-APIG4', reason: authorization },
      { id: 'AwsSolutions-COG4', reason: authorization },
      { id: 'AwsSolutions-APIG2', reason: 'A webhook can have any body: its signature is checked, not its shape.' },
      { id: 'AwsSolutions-APIG3', reason: 'A web ACL costs extra and is optional: setting webAclArn.' },
      {
        id: 'AwsSolutions-APIG6',
        reason: 'Execution logs repeat headers and queries, which are personal data. The access log is enough.',
      },
      {
        id: 'AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/AmazonAPIGatewayPushToCloudWatchLogs]',
        reason: "It is AWS's own policy for the account's role with which API Gateway writes logs.",
      },
    );
  }
}

/** @throws {BroughtResourceError} for the ARN of anything else, such as a web ACL for CloudFront */
function expectRegionalAcl(arn: string): void {
  if (Token.isUnresolved(arn) || /^arn:[^:]+:wafv2:[^:]+:[^:]+:regional\/webacl\//.test(arn)) return;
  throw new BroughtResourceError(
    `Web ACL ${arn} is not for a REST API: give the ARN of a web ACL of AWS WAF (wafv2) with the scope REGIONAL.`,
  );
}
