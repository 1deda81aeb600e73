import { HttpApi, HttpMethod, HttpStage, LogGroupLogDestination } from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import type { Construct } from 'constructs';
import { acknowledge } from '../acknowledge.ts';
import { authorization, FrontDoor, type FrontDoorProps } from './front-door.ts';

/** An HTTP API. It passes the query on exactly as it was sent, and the query is signed. */
export class HttpFrontDoor extends FrontDoor {
  readonly url: string;
  readonly apiId: string;
  readonly stage: HttpStage;
  readonly api: HttpApi;

  constructor(scope: Construct, id: string, props: FrontDoorProps) {
    super(scope, id);
    const { handler, callbackPath, throttle, accessLog, disableExecuteApiEndpoint } = props;
    this.api = new HttpApi(this, 'Api', {
      description: 'MessageMedia webhooks',
      createDefaultStage: false,
      disableExecuteApiEndpoint,
    });
    const integration = new HttpLambdaIntegration('Integration', handler);
    this.api.addRoutes({ path: callbackPath, methods: [HttpMethod.ANY], integration });
    // With any other stage the stage's name would be part of the signed path.
    this.stage = new HttpStage(this, 'Stage', {
      httpApi: this.api,
      stageName: '$default',
      autoDeploy: true,
      throttle,
      accessLogSettings: {
        destination: new LogGroupLogDestination(accessLog.logGroup),
        format: accessLog.formatWith('$context.routeKey'),
      },
    });
    this.url = this.stage.url.replace(/\/$/, '');
    this.apiId = this.api.apiId;
    acknowledge(this, { id: 'AwsSolutions-APIG4', reason: authorization });
  }
}
