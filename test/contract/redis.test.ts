import { contract } from './contract.ts';
import { redisEngine } from './engine.ts';

contract('Redis', redisEngine);
