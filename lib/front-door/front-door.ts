import type { ThrottleSettings } from 'aws-cdk-lib/aws-apigatewayv2';
import type { Metric, MetricOptions } from 'aws-cdk-lib/aws-cloudwatch';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { Construct, type IConstruct } from 'constructs';
import { warn } from '../brought-resource.ts';
import type { AccessLog } from './access-log.ts';

/** A path that no front door rewrites. It is signed, so no webhook would verify if it were rewritten. */
export const callbackPathShape = /^(?:\/(?!\.\.?(?:\/|$))[A-Za-z0-9._~-]+)+$/;

/** The callback path if none is given. */
export const defaultCallbackPath = '/messagemedia';

/** 700,000 webhooks an hour, and two seconds' worth at once. This also limits the cost of a flood. */
export const defaultThrottle = { rateLimit: 200, burstLimit: 400 };

/** Quotas of API Gateway for all APIs of an account and region together, unless AWS raised them; lower in some regions. */
const defaultQuota = { rateLimit: 10_000, burstLimit: 5_000 };

/** Says that AWS may refuse a limit. It is no error, because AWS raises these quotas. */
export function warnOfThrottle(scope: IConstruct, { rateLimit = 0, burstLimit = 0 }: ThrottleSettings): void {
  if (rateLimit <= defaultQuota.rateLimit && burstLimit <= defaultQuota.burstLimit) return;
  warn(
    scope,
    'throttleAboveQuota',
    `The throttle is ${rateLimit} requests a second and ${burstLimit} at once. API Gateway refuses more than the account's quota, which is ${defaultQuota.rateLimit} and ${defaultQuota.burstLimit}, and less in some regions, unless AWS raised it: ask for that before you deploy.`,
  );
}

/** Why no route has an authorizer, for cdk-nag. */
export const authorization =
  'MessageMedia cannot sign in: the signature of each webhook is the authorization, and the function checks it.';

/** Properties of every front door. */
export interface FrontDoorProps {
  /** Answers the requests. */
  readonly handler: IFunction;
  /** Path that takes webhooks. Every other path is a 404. */
  readonly callbackPath: string;
  /** Requests per second on average and at once; further requests get a 429. */
  readonly throttle: ThrottleSettings;
  readonly accessLog: AccessLog;
  /** Whether only a custom domain leads to the API. @default false */
  readonly disableExecuteApiEndpoint?: boolean;
}

/** The API that passes requests from the internet to the function. */
export interface IFrontDoor extends IConstruct {
  /** URL of the API itself, not of a custom domain, without a slash at the end. */
  readonly url: string;
  readonly apiId: string;
  readonly stage: IFrontDoorStage;

  /** All requests, as a sum. */
  metricCount(options?: MetricOptions): Metric;
  /** Answers with a 4xx, as a sum. */
  metricClientError(options?: MetricOptions): Metric;
  /** Answers with a 5xx, as a sum. */
  metricServerError(options?: MetricOptions): Metric;
  /** Milliseconds from request to answer, as an average. */
  metricLatency(options?: MetricOptions): Metric;
}

/** What is deployed of an API. */
export interface IFrontDoorStage extends IConstruct {
  readonly stageName: string;
}

type Metrics = Pick<IFrontDoor, 'metricCount' | 'metricClientError' | 'metricServerError' | 'metricLatency'>;

/** What both kinds of API have in common: their metrics have the same names. */
export abstract class FrontDoor extends Construct implements IFrontDoor {
  abstract readonly url: string;
  abstract readonly apiId: string;
  abstract readonly stage: IFrontDoorStage;
  abstract readonly api: Metrics;

  metricCount(options?: MetricOptions): Metric {
    return this.api.metricCount(options);
  }

  metricClientError(options?: MetricOptions): Metric {
    return this.api.metricClientError(options);
  }

  metricServerError(options?: MetricOptions): Metric {
    return this.api.metricServerError(options);
  }

  metricLatency(options?: MetricOptions): Metric {
    return this.api.metricLatency(options);
  }
}
