import { contract } from './contract.ts';
import { redisClusterEngine } from './engine.ts';

contract('a Redis Cluster of three masters', redisClusterEngine);
