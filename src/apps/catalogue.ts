export { catalogueOf, loadCatalogue } from './load-catalogue.ts';
export { PROTOCOL_SCOPES, SHARED_ACCESS, type Catalogue, type Permission } from './permission.ts';
