// Renders the story of a JSON file: node render.mjs STORY OUT BROWSER. The wall time in seconds goes to stdout.
import fs from 'node:fs';
import path from 'node:path';
import {bundle} from '@remotion/bundler';
import {renderMedia, selectComposition} from '@remotion/renderer';

const [file, to, browserExecutable] = process.argv.slice(2);
const story = JSON.parse(fs.readFileSync(file));
const media = fs.mkdtempSync(path.join(path.dirname(file), 'media-'));
const take = (from) => {
  fs.copyFileSync(from, path.join(media, path.basename(from)));
  return path.basename(from);
};
const inputProps = {...story, logo: take(story.logo), sound: take(story.sound),
  cuts: story.cuts.map((cut) => ({...cut, clip: take(cut.clip)}))};
const serveUrl = await bundle({entryPoint: path.resolve('story.jsx'), publicDir: media});
const common = {serveUrl, inputProps, browserExecutable, chromeMode: 'chrome-for-testing'};
const composition = await selectComposition({...common, id: 'story'});
await renderMedia({...common, composition, outputLocation: to, codec: 'h264', crf: story.crf,
  x264Preset: story.preset, pixelFormat: 'yuv420p', colorSpace: 'bt709', concurrency: 1, audioBitrate: '192k',
  ffmpegOverride: ({type, args}) => type === 'stitcher' ? args
    : [...args.slice(0, -1), '-threads', '1', '-profile:v', 'high', '-bf', '2', '-g', String(story.fps),
      '-flags', '+cgop', '-x264-params', 'cpu-independent=1', args.at(-1)]});
fs.rmSync(media, {recursive: true});
