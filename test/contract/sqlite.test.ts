import { contract } from './contract.ts';
import { sqliteEngine } from './engine.ts';

contract('SQLite', sqliteEngine);
