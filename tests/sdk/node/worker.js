// The official Node SDK as a program: a command a line in, an answer a line out.
'use strict';

const { createHash } = require('crypto');
const readline = require('readline');
const { default: Credential, CLIProfileCredentialsProvider, Config } = require('@alicloud/credentials');

function client(kind, what) {
  switch (kind) {
    case 'profile':
      return new Credential(null, CLIProfileCredentialsProvider.builder().withProfileName(what).build());
    case 'uri':
      return new Credential(new Config({ type: 'credentials_uri', credentialsURI: what }));
    default:
      return new Credential();
  }
}

async function answer(kind, what) {
  const { accessKeyId, accessKeySecret, securityToken } = await client(kind, what).getCredential();
  const digest = createHash('sha256').update([accessKeyId, accessKeySecret, securityToken].join('\n')).digest('hex');
  return `${accessKeyId} ${digest.slice(0, 12)}`;
}

async function main() {
  for await (const line of readline.createInterface({ input: process.stdin })) {
    const [kind, ...rest] = line.trim().split(' ');
    try {
      console.log('=', await answer(kind, rest.join(' ')));
    } catch (error) {
      console.log('!', String(error.message).replace(/\s+/g, ' '));
    }
  }
}

main();
