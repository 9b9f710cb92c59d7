// The components of GOV.UK Frontend and of the Ministry of Justice, brought to life where a page has them.
// Every page is complete without this file.
import { initAll as initGovuk } from 'govuk-frontend'
import { initAll as initMoj } from '@ministryofjustice/frontend'

initGovuk()
initMoj()
