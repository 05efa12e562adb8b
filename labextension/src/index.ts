import type { JupyterFrontEndPlugin } from '@jupyterlab/application';

import { highlighting } from './highlighting';
import { insertion } from './insertion';

const plugins: JupyterFrontEndPlugin<unknown>[] = [highlighting, insertion];

export default plugins;
