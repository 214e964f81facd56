// SPDX-License-Identifier: Apache-2.0
//
// Faults that somebody could make in the template, and the check of deploy/check-stack that says so. Each was seen to be found.
//
// fault(check, changes, options): `changes` are [text, text instead] pairs, each of which stands once in the template; `more`: other
// checks that rightly complain too; `form`: 'fullest' for what only that form deploys; `alone`: nothing else may be wrong beside it.

const fault = (check, changes, { form = 'default', more = [], alone = false } = {}) => ({ check, changes, form, expected: [check, ...more], alone });
const pair = (key, value) => `{ Key: ${key}, Value: ${value} }`;

export const faults = [
  fault('table-key', [['AttributeDefinitions: [{ AttributeName: sessionId, AttributeType: S }]', 'AttributeDefinitions: [{ AttributeName: id, AttributeType: S }]'], ['{ AttributeName: sessionId, KeyType: HASH }', '{ AttributeName: id, KeyType: HASH }']]),
  fault('table-billing', [['BillingMode: PAY_PER_REQUEST', 'BillingMode: PROVISIONED\n      ProvisionedThroughput: { ReadCapacityUnits: 5, WriteCapacityUnits: 5 }']]),
  fault('table-ttl', [['{ AttributeName: ttl, Enabled: true }', '{ AttributeName: expires, Enabled: true }']]),
  fault('table-ttl', [['      TimeToLiveSpecification: { AttributeName: ttl, Enabled: true }\n', '']]),
  fault('table-backups', [['PointInTimeRecoveryEnabled: true', 'PointInTimeRecoveryEnabled: false']]),
  fault('table-protection', [['DeletionProtectionEnabled: true', 'DeletionProtectionEnabled: false']]),
  fault('table-encryption', [['          KMSMasterKeyId: !If [OwnTableKey, !GetAtt TableKey.Arn, !Ref AWS::NoValue]\n', '']], { form: 'fullest' }),
  fault('table-encryption', [['SSESpecification: !If\n        - TableKeyInAccount', 'SSESpecification: !If\n        - HasFirewall']], { form: 'fullest-without-firewall' }),

  fault('key-kind', [['seals sessions\'\n      EnableKeyRotation: true', 'seals sessions\'\n      Enabled: false\n      EnableKeyRotation: true']]),
  fault('key-rotation', [['seals sessions\'\n      EnableKeyRotation: true', 'seals sessions\'\n      EnableKeyRotation: false']]),
  fault('key-rotation', [['seals sessions\'\n      EnableKeyRotation: true\n      RotationPeriodInDays: 365', 'seals sessions\'\n      EnableKeyRotation: true\n      RotationPeriodInDays: 2560']]),
  fault('key-root', [['              - kms:CancelKeyDeletion\n', "              - 'kms:*'\n"]]),
  fault('key-root', [['              - kms:CancelKeyDeletion\n', '              - kms:CreateGrant\n']]),
  fault('key-root', [['              - kms:PutKeyPolicy\n', '']]),
  fault('key-users', [['Principal: { AWS: !GetAtt TaskRole.Arn }\n            Action: [kms:GenerateDataKey, kms:Decrypt]', 'Principal: { AWS: !GetAtt TaskRole.Arn }\n            Action: [kms:GenerateDataKey, kms:Decrypt, kms:Encrypt]']]),
  fault('key-users', [['Principal: { AWS: !GetAtt TaskRole.Arn }', 'Principal: { AWS: !GetAtt ExecutionRole.Arn }']], { more: ['key-context'] }),
  fault('key-context', [["Resource: '*'\n            Condition:\n              StringEquals:\n                kms:EncryptionContext:app: gatehouse\n                kms:EncryptionContext:table: !Ref Table", "Resource: '*'\n            Condition:\n              StringEquals:\n                kms:EncryptionContext:app: gatehouse"]]),
  fault('key-context', [["Resource: '*'\n            Condition:\n              StringEquals:\n                kms:EncryptionContext:app: gatehouse\n                kms:EncryptionContext:table: !Ref Table", "Resource: '*'"]]),
  fault('key-deny', [['            Effect: Deny\n', '            Effect: Allow\n']], { more: ['key-users'] }),
  fault('key-deny', [['StringNotEquals:\n                kms:EncryptionContext:app: gatehouse', 'StringNotEquals:\n                kms:EncryptionContext:app: another']]),

  fault('role-attached', [['Description: What Gatehouse may do while it serves', 'Description: What Gatehouse may do while it serves\n      ManagedPolicyArns: [!Ref TooMuch]'], ['  # deploy/aws/serving-policy.json with', "  TooMuch:\n    Type: AWS::IAM::ManagedPolicy\n    Properties:\n      PolicyDocument: { Version: '2012-10-17', Statement: [{ Effect: Allow, Action: 's3:GetObject', Resource: '*' }] }\n  # deploy/aws/serving-policy.json with"]]),
  fault('role-resources', [['dynamodb:PutItem, dynamodb:DeleteItem]\n            Resource: !GetAtt Table.Arn', "dynamodb:PutItem, dynamodb:DeleteItem]\n            Resource: !Sub 'arn:${AWS::Partition}:dynamodb:${AWS::Region}:${AWS::AccountId}:table/*'"]], { more: ['role-table'] }),
  fault('role-resources', [['Resource: !GetAtt Key.Arn', "Resource: '*'"]], { more: ['role-key'] }),
  fault('role-table', [['dynamodb:PutItem, dynamodb:DeleteItem]', 'dynamodb:PutItem, dynamodb:DeleteItem, dynamodb:Scan]']]),
  fault('role-table', [['dynamodb:PutItem, dynamodb:DeleteItem]', 'dynamodb:PutItem]']]),
  fault('role-key', [['Action: [kms:GenerateDataKey, kms:Decrypt]\n            Resource: !GetAtt Key.Arn', "Action: ['kms:*']\n            Resource: !GetAtt Key.Arn"]]),
  fault('role-other', [['  ExecutionRole:\n', "  AnotherPolicy:\n    Type: AWS::IAM::RolePolicy\n    Properties:\n      RoleName: !Ref TaskRole\n      PolicyName: serving\n      PolicyDocument: { Version: '2012-10-17', Statement: [{ Effect: Allow, Action: 'secretsmanager:GetSecretValue', Resource: !Ref GoogleSecret }] }\n  ExecutionRole:\n"]], { more: ['role-table', 'role-key'] }),
  fault('role-context', [['Resource: !GetAtt Key.Arn\n            Condition:\n              StringEquals:\n                kms:EncryptionContext:app: gatehouse\n                kms:EncryptionContext:table: !Ref Table', 'Resource: !GetAtt Key.Arn']]),
  fault('role-maintenance', [['              - dynamodb:Scan\n', '              - dynamodb:Scan\n              - dynamodb:DeleteTable\n']]),
  fault('role-maintenance', [['PolicyName: maintenance\n      PolicyDocument:\n        Version: \'2012-10-17\'\n        Statement:\n', 'PolicyName: maintenance\n      PolicyDocument:\n        Version: \'2012-10-17\'\n        Statement:\n          - { Effect: Allow, Action: kms:Decrypt, Resource: !GetAtt Key.Arn }\n']]),
  fault('role-trust', [['Description: What Gatehouse may do while it serves\n      AssumeRolePolicyDocument:\n        Version: \'2012-10-17\'\n        Statement:\n          - Effect: Allow\n            Principal: { Service: ecs-tasks.amazonaws.com }\n            Action: sts:AssumeRole\n            Condition:\n              StringEquals: { aws:SourceAccount: !Ref AWS::AccountId }', "Description: What Gatehouse may do while it serves\n      AssumeRolePolicyDocument:\n        Version: '2012-10-17'\n        Statement:\n          - Effect: Allow\n            Principal: { Service: ec2.amazonaws.com }\n            Action: sts:AssumeRole"]]),
  fault('execution-role', [['Resource: !Ref GoogleSecret\n', "Resource: '*'\n"]]),
  fault('execution-role', [['Action: ecr:GetAuthorizationToken', "Action: 'ecr:*'"]]),
  fault('secret', [['          Secrets: [{ Name: GOOGLE_CLIENT_SECRET, ValueFrom: !Ref GoogleSecret }]\n', ''], ['            - { Name: GATEHOUSE_MODE, Value: !Ref Mode }', '            - { Name: GATEHOUSE_MODE, Value: !Ref Mode }\n            - { Name: GOOGLE_CLIENT_SECRET, Value: !Ref GoogleClientSecret }']]),

  fault('task-size', [['Cpu: !FindInMap [Sizes, !Ref TaskSize, Cpu]', "Cpu: '1024'"]]),
  fault('task-size', [['CpuArchitecture: !FindInMap [Processors, !Ref Architecture, Name]', 'CpuArchitecture: X86_64']]),
  fault('task-roles', [['TaskRoleArn: !GetAtt TaskRole.Arn', 'TaskRoleArn: !GetAtt ExecutionRole.Arn']]),
  fault('container-confined', [["          User: '65532:65532'\n", '']]),
  fault('container-confined', [['ReadonlyRootFilesystem: true', 'ReadonlyRootFilesystem: false']]),
  fault('container-confined', [['            Capabilities: { Drop: [ALL] }', '            InitProcessEnabled: false']]),
  fault('container-command', [['Command: [serve]', 'Command: [serve, --log, debug]']]),
  fault('container-health', [['Command: [CMD, /usr/bin/gatehouse, healthcheck]', "Command: [CMD-SHELL, 'curl -f http://localhost:8080/healthz']"]]),
  fault('container-files', [['          Ulimits: [{ Name: nofile, SoftLimit: 65535, HardLimit: 65535 }]\n', '']]),
  fault('environment', [["GATEHOUSE_TRUSTED_PROXIES, Value: '1'", "GATEHOUSE_TRUSTED_PROXIES, Value: '2'"]]),
  fault('environment', [["Value: !Sub 'https://${Hostname}' }", "Value: !Sub 'http://${Hostname}' }"]]),
  fault('environment-operators', [['GATEHOUSE_ADMIN_LISTEN, Value: 127.0.0.1:9090', 'GATEHOUSE_ADMIN_LISTEN, Value: 0.0.0.0:9090']]),
  fault('environment-peers', [['            - { Name: GATEHOUSE_PEER_LISTEN, Value: 0.0.0.0:7070 }\n', '']]),
  fault('environment-metrics', [['GATEHOUSE_EMF_SERVICE, Value: !Ref AWS::StackName', 'GATEHOUSE_EMF_SERVICE, Value: gatehouse']]),
  fault('log', [['      RetentionInDays: !Ref LogRetentionDays\n', '']]),
  fault('log', [['mode: non-blocking', 'mode: blocking']]),
  fault('deployment', [['Rollback: true', 'Rollback: false']]),
  fault('deployment', [['MinimumHealthyPercent: 100', 'MinimumHealthyPercent: 50']]),
  fault('service-balanced', [['      LoadBalancers: [{ ContainerName: gatehouse, ContainerPort: 8080, TargetGroupArn: !Ref Targets }]\n', '']]),

  fault('scaling-range', [['MinCapacity: !Ref MinTasks', 'MinCapacity: 1']]),
  fault('scaling-cpu', [['TargetValue: !Ref CpuPercent', 'TargetValue: 95']]),
  fault('scaling-requests', [["Expression: 'FILL(requests, 0)'", "Expression: 'requests * 1'"]]),
  fault('scaling-requests', [['MetricName: RequestCountPerTarget', 'MetricName: RequestCount']]),
  fault('scaling-streams', [['          Statistic: Average\n', '          Statistic: Sum\n']]),
  fault('scaling-streams', [['MetricName: OpenStreams', 'MetricName: ActiveConnectionCount']]),
  fault('scaling-in', [['TargetValue: !Ref StreamsPerTask\n        ScaleOutCooldown: 60\n        ScaleInCooldown: 300\n        DisableScaleIn: false', 'TargetValue: !Ref StreamsPerTask\n        DisableScaleIn: true']]),

  fault('alarms', [["AlarmName: !Sub '${AWS::StackName}-loop-lag'", "AlarmName: !Sub '${AWS::StackName}-lag'"]]),
  fault('alarms', [['      MetricName: KmsErrors\n', '      MetricName: KmsFailures\n']]),
  fault('alarms', [['Metric: { Namespace: AWS/ApplicationELB, MetricName: HTTPCode_ELB_5XX_Count', 'Metric: { Namespace: AWS/ApplicationELB, MetricName: HTTPCode_ELB_4XX_Count']]),
  fault('alarms-of-this-stack', [['MetricName: SignInFailures\n      Dimensions: [{ Name: Service, Value: !Ref AWS::StackName }]', 'MetricName: SignInFailures\n      Dimensions: [{ Name: Service, Value: gatehouse }]']]),
  fault('alarm-no-task', [['TreatMissingData: breaching', 'TreatMissingData: notBreaching']]),
  fault('alarm-actions', [["AlarmName: !Sub '${AWS::StackName}-no-task'", "AlarmName: !Sub '${AWS::StackName}-no-task'\n      ActionsEnabled: false"]], { form: 'fullest' }),
  fault('alarm-actions', [['Protocol: email, Endpoint: !Ref AlarmEmail', 'Protocol: email, Endpoint: nobody@example.com']], { form: 'fullest' }),
  fault('dashboard', [['"LoopLagMs"', '"LoopLagSeconds"']]),
  fault('outputs', [["Value: !Sub 'https://${Hostname}/oauth/google/callback'", "Value: !Sub 'https://${Hostname}/callback'"]]),

  fault('balancer-in', [['FromPort: 443, ToPort: 443, CidrIp: !Ref ClientCidr', 'FromPort: 0, ToPort: 65535, CidrIp: !Ref ClientCidr']]),
  fault('balancer-out', [['      SecurityGroupEgress:\n        - { IpProtocol: tcp, FromPort: 8080, ToPort: 8080, CidrIp: !Ref VpcCidr, Description: tasks }\n', '']]),
  fault('tasks-in', [['SourceSecurityGroupId: !Ref LoadBalancerGroup, Description: load balancer', 'CidrIp: 0.0.0.0/0, Description: everybody']]),
  fault('tasks-in', [['SourceSecurityGroupId: !Ref TaskGroup\n', 'CidrIp: !Ref VpcCidr\n']]),
  fault('tasks-out', [['        - { IpProtocol: tcp, FromPort: 7070, ToPort: 7070, CidrIp: !Ref VpcCidr, Description: other tasks }\n', '']]),
  fault('network', [['AssignPublicIp: !If [Private, DISABLED, ENABLED]', 'AssignPublicIp: DISABLED']]),
  fault('network', [['Subnets: !If [Private, [!Ref PrivateSubnetA, !Ref PrivateSubnetB], [!Ref PublicSubnetA, !Ref PublicSubnetB]]', 'Subnets: [!Ref PublicSubnetA]']]),
  fault('network', [['NatGatewayId: !If [NatPerZone, !Ref NatB, !Ref NatA]', 'NatGatewayId: !Ref NatA']], { form: 'fullest' }),
  fault('table-endpoint', [["'com.amazonaws.${AWS::Region}.dynamodb'", "'com.amazonaws.${AWS::Region}.s3'"]]),
  fault('balancer-idle', [[pair('idle_timeout.timeout_seconds', "'70'"), pair('idle_timeout.timeout_seconds', "'60'")]]),
  fault('balancer-idle', [[pair('idle_timeout.timeout_seconds', "'70'"), pair('idle_timeout.timeout_seconds', "'4000'")]]),
  fault('balancer-headers', [[pair('routing.http.xff_header_processing.mode', 'append'), pair('routing.http.xff_header_processing.mode', 'preserve')]]),
  fault('https', [['ELBSecurityPolicy-TLS13-1-2-Res-2021-06', 'ELBSecurityPolicy-2016-08']]),
  fault('redirect', [['StatusCode: HTTP_301', 'StatusCode: HTTP_302']]),
  fault('redirect', [['        - Type: redirect\n          RedirectConfig: { Protocol: HTTPS, Port: \'443\', StatusCode: HTTP_301 }', '        - Type: forward\n          TargetGroupArn: !Ref Targets']]),
  fault('listeners', [['  HttpListener:\n', '  OperatorListener:\n    Type: AWS::ElasticLoadBalancingV2::Listener\n    Properties: { LoadBalancerArn: !Ref LoadBalancer, Port: 9090, Protocol: HTTP, DefaultActions: [{ Type: forward, TargetGroupArn: !Ref Targets }] }\n  HttpListener:\n']]),
  fault('operators-only', [['Values: [/metrics*, /livez*', 'Values: [/livez*']]),
  fault('targets-protocol', [['ProtocolVersion: HTTP1', 'ProtocolVersion: HTTP2']]),
  fault('targets-health', [['HealthCheckPath: /healthz', 'HealthCheckPath: /']]),
  fault('targets-health', [['UnhealthyThresholdCount: 3', 'UnhealthyThresholdCount: 10']]),
  fault('stickiness', [[pair('stickiness.enabled', "'false'"), `${pair('stickiness.enabled', "'true'")}\n        - ${pair('stickiness.type', 'lb_cookie')}`]]),
  fault('balancing', [['least_outstanding_requests', 'round_robin']]),
  fault('drain', [[pair('deregistration_delay.timeout_seconds', "'30'"), pair('deregistration_delay.timeout_seconds', "'300'")]]),
  fault('drain', [['StopTimeout: 60', 'StopTimeout: 30']]),
  fault('drain', [['StopTimeout: 60', 'StopTimeout: 300']]),
  fault('record', [['        DNSName: !GetAtt LoadBalancer.DNSName\n', '        DNSName: another.example.com\n']], { form: 'fullest' }),
  fault('firewall', [['        - Name: common\n          Priority: 2\n          OverrideAction: { Count: {} }', '        - Name: common\n          Priority: 2\n          OverrideAction: { None: {} }']], { form: 'fullest' }),
  fault('firewall', [["RegexString: '^/(authorize|consent|login|oauth/|register|revoke|token)'", "RegexString: '^/mcp'"]], { form: 'fullest' }),
  fault('firewall', [['Properties: { ResourceArn: !Ref LoadBalancer, WebACLArn: !GetAtt WebAcl.Arn }', 'Properties: { ResourceArn: !Ref Targets, WebACLArn: !GetAtt WebAcl.Arn }']], { form: 'fullest' }),
  fault('stack-state', [['DeletionProtectionEnabled: true', 'DeletionProtection: true']], { alone: true }),
];

// What must be refused before anything is deployed: [name, change, words of CloudFormation or of cfn-lint].
export const refused = [
  ['a property that does not exist', ['StopTimeout: 60', 'StopTimeoutSeconds: 60'], /StopTimeoutSeconds/],
  ['a reference to nothing', ['TargetGroupArn: !Ref Targets }]\n  HttpListener', 'TargetGroupArn: !Ref TargetGroup }]\n  HttpListener'], /TargetGroup/],
  ['a size that Fargate has not', ["Cpu: !FindInMap [Sizes, !Ref TaskSize, Cpu]\n      Memory: !FindInMap [Sizes, !Ref TaskSize, Memory]", "Cpu: '256'\n      Memory: '640'"], /640/],
  ['a value that is none', ['TargetType: ip', 'TargetType: address'], /address/],
  ['a parameter that is not used', ['  LogLevel:\n    Type: String', '  Unused:\n    Type: String\n    Default: x\n  LogLevel:\n    Type: String'], /Unused/],
];

// Parameters that a person mistypes: [name, value].
export const mistyped = [
  ['Hostname', 'https://gatehouse.example.com'], ['Hostname', 'Gatehouse.Example.com'], ['Hostname', 'gatehouse'], ['CertificateArn', 'arn:aws:iam::123456789012:server-certificate/x'],
  ['GoogleClientId', '1234567890'], ['GoogleClientSecret', ''], ['GoogleClientSecret', 'with a space'], ['AllowedDomains', 'example.com, example.org'], ['AllowedDomains', '@example.com'],
  ['HostedZoneId', 'example.com'], ['ClientCidr', '203.0.113.7'], ['VpcCidr', '10.0.0.0/24'], ['AlarmEmail', 'nobody'], ['Image', ''], ['Mode', 'write'], ['MinTasks', '0'],
];
