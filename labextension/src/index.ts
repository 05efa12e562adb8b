import type { JupyterFrontEndPlugin } from '@jupyterlab/application';

import { highlighting } from './highlighting';

const plugins: JupyterFrontEndPlugin<unknown>[] = [highlighting];

export default plugins;
