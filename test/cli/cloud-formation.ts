import { type LocalServer, listen } from '../../sandbox/http.ts';

/** The answer of CloudFormation about a stack with these outputs. */
export function describeStacks(outputs: Readonly<Record<string, string>>): string {
  const members = Object.entries(outputs).map(
    ([name, value]) => `<member><OutputKey>${name}</OutputKey><OutputValue>${value}</OutputValue></member>`,
  );
  return `<DescribeStacksResponse><DescribeStacksResult><Stacks><member><StackName>s</StackName><Outputs>${members.join('')}</Outputs></member></Stacks></DescribeStacksResult></DescribeStacksResponse>`;
}

/** A CloudFormation with one stack. */
export function startCloudFormation(outputs: () => Readonly<Record<string, string>>): Promise<LocalServer> {
  return listen(0, (request, response) => {
    request.resume().on('end', () => {
      response.writeHead(200, { 'content-type': 'text/xml' }).end(describeStacks(outputs()));
    });
  });
}
