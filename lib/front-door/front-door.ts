import type { ThrottleSettings } from 'aws-cdk-lib/aws-apigatewayv2';
import type { Metric, MetricOptions } from 'aws-cdk-lib/aws-cloudwatch';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { IConstruct } from 'constructs';
import type { AccessLog } from './access-log.ts';

/** A path that nothing on the way rewrites. It is part of what is signed: rewritten, no webhook would verify. */
export const callbackPathShape = /^(?:\/(?!\.\.?(?:\/|$))[A-Za-z0-9._~-]+)+$/;

/** Where webhooks are taken unless told otherwise. */
export const defaultCallbackPath = '/messagemedia';

/** 700,000 webhooks an hour, and two seconds' worth at once; a flood costs no more than that either. */
export const defaultThrottle = { rateLimit: 200, burstLimit: 400 };

/** What every front door needs. */
export interface FrontDoorProps {
  /** Answers the requests. */
  handler: IFunction;
  /** Path that is taken. Every other path is a 404. */
  callbackPath: string;
  /** Requests per second on average and at once; what is beyond gets a 429. */
  throttle: Required<ThrottleSettings>;
  accessLog: AccessLog;
}

/** What takes requests from the internet to the function. */
export interface FrontDoor {
  /** Where it can be reached without a domain name of one's own, without a slash at the end. */
  readonly url: string;
  readonly apiId: string;
  readonly stage: IConstruct & { readonly stageName: string };
  readonly api: {
    metricCount(options?: MetricOptions): Metric;
    /** Answers with a 4xx. */
    metricClientError(options?: MetricOptions): Metric;
    /** Answers with a 5xx. */
    metricServerError(options?: MetricOptions): Metric;
    /** Milliseconds from request to answer. */
    metricLatency(options?: MetricOptions): Metric;
  };
}
